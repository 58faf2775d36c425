/** Routes, prefixes, modules and the entries that no request reaches directly. */
import { describe, expect, it } from "vitest";
import { argumentsOf, nest } from "./nest-support.js";

const BOOT = "const app = await NestFactory.create(AppModule); await app.listen(1);";

describe("controllers", () => {
  it("reads every verb, lists of paths, objects and enum members", () => {
    const { lines } = nest(`
      enum Key { Cats = "cats" }
      @Controller(Key.Cats) class A {
        @Get() a() {} @Post("x") b() {} @Put(["p", "q"]) c() {} @Patch(":id") d() {} @Delete(":id(\\\\d+)") e() {}
        @All("all") f() {} @Options("o") g() {} @Head("h") h() {} @Search("s") i() {} @Sse("events") j() {}
        @RequestMapping({ path: "m", method: RequestMethod.PUT }) k() {}
        helper() {}
      }
      @Controller({ path: ["one", "two"] }) class B { @Get("/deep/") a() {} }
      @Module({ controllers: [A, B] }) class AppModule {}`);
    expect(lines).toEqual(
      [
        "ALL /cats/all []",
        "DELETE /cats/:id []",
        "GET /cats []",
        "GET /cats/events []",
        "GET /one/deep []",
        "GET /two/deep []",
        "HEAD /cats/h []",
        "OPTIONS /cats/o []",
        "PATCH /cats/:id []",
        "POST /cats/x []",
        "PUT /cats/m []",
        "PUT /cats/p []",
        "PUT /cats/q []",
        "SEARCH /cats/s []",
      ].toSorted(),
    );
  });

  it("takes handlers from base classes, generic ones and those that functions return", () => {
    const { lines } = nest(`
      abstract class Base<T> { @Get() list() {} @Get(":id") one() {} }
      function crud(path: string) { @Controller(path) class Crud { @Post() create() {} } return Crud; }
      @Controller("cats") class Cats extends Base<Cat> { one() {} }
      @Controller("dogs") class Dogs extends crud("ignored") {}
      @Module({ controllers: [Cats, Dogs, crud("birds")] }) class AppModule {}`);
    expect(lines).toEqual(["GET /cats []", "POST /birds []", "POST /dogs []"]);
  });

  it("points at the method's own line", () => {
    const seen = nest("@Controller() class A {\n  @Get('a')\n  @UseGuards(G)\n  list(\n    @Body() b: B) {}\n}");
    const { place, registration } = seen.entry("GET /a");
    expect(seen.at(place)).toBe("src/app.ts:4");
    expect(registration).toEqual(place);
  });

  it("leaves out controllers of no module, unless a list cannot be read", () => {
    const text = "@Controller('a') class A { @Get() a() {} } @Controller('b') class B { @Get() b() {} }";
    const closed = nest(`${text} @Module({ controllers: [A] }) class AppModule {}`);
    expect(closed.lines).toEqual(["GET /a []"]);
    expect(closed.unknowns.map((u) => u.detail)).toEqual(["controller B is in no module: its routes are not served"]);
    const open = nest(`${text} @Module({ controllers: [A, ...found()] }) class AppModule {}`);
    expect(open.entry("GET /b").incomplete).toBe("controller is in no module");
    expect(nest(text).entry("GET /b").incomplete).toBe("");
  });

  it("follows spreads, constants and dynamic modules", () => {
    const { lines } = nest({
      "src/controllers.ts": `@Controller("a") class A { @Get() a() {} } @Controller("b") class B { @Get() b() {} }
        export const all = [A, B];`,
      "src/extra.ts": `@Controller("c") class C { @Get() c() {} }
        @Module({}) export class Extra { static forRoot() { return { module: Extra, controllers: [C] }; } }`,
      "src/app.ts": `import { all } from "./controllers"; import { Extra } from "./extra";
        @Module({ controllers: [...all], imports: [Extra.forRoot()] }) class AppModule {} ${BOOT}`,
    });
    expect(lines).toEqual(["GET /a []", "GET /b []", "GET /c []"]);
  });
});

describe("prefixes", () => {
  it("joins the global prefix, its exclusions, versions and router prefixes", () => {
    const { lines } = nest(`
      const PREFIX = "api";
      @Controller({ path: "cats", version: "2" }) class A { @Get() a() {} @Version(["3", "4"]) @Get("b") b() {} }
      @Controller({ path: "health", version: VERSION_NEUTRAL }) class B { @Get() a() {} @Get("ready") b() {} }
      @Controller("users") class C { @Get() a() {} @Post() b() {} }
      @Module({ controllers: [C] }) class Admin {}
      @Module({ controllers: [A, B], imports: [Admin,
        RouterModule.register([{ path: "admin", children: [{ path: "v", module: Admin }] }])] }) class AppModule {}
      const app = await NestFactory.create(AppModule);
      app.setGlobalPrefix(PREFIX, { exclude: ["health", { path: "admin/v/users", method: RequestMethod.POST }] });
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: "1" });
      await app.listen(1);`);
    expect(lines).toEqual([
      "GET /api/health/ready []",
      "GET /api/v1/admin/v/users []",
      "GET /api/v2/cats []",
      "GET /api/v3/cats/b []",
      "GET /api/v4/cats/b []",
      "GET /health []",
      "POST /v1/admin/v/users []",
    ]);
  });

  it("leaves versions of headers out of the path and finds a prefix set by a helper", () => {
    const { lines } = nest({
      "src/app.ts": `import { setUp } from "./set-up";
        @Controller("a") class A { @Get() a() {} } @Module({ controllers: [A] }) class AppModule {}
        const app = await NestFactory.create(AppModule); setUp(app);
        app.enableVersioning({ type: VersioningType.HEADER, header: "v", defaultVersion: "1" });`,
      "src/set-up.ts": `import type { INestApplication } from "@nestjs/common";
        export function setUp(app: INestApplication) { app.setGlobalPrefix("api/v1"); }`,
    });
    expect(lines).toEqual(["GET /api/v1/a []"]);
  });

  it("keeps the applications of a workspace apart", () => {
    const app = (name: string): string => `@Controller("${name}") class A { @Get() a() {} }
      @Module({ controllers: [A], providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }] }) class AppModule {}
      const app = await NestFactory.create(AppModule); app.setGlobalPrefix("${name}-api"); await app.listen(1);`;
    const plain = app("two")
      .replace(/providers:.*\]/, "")
      .replace(/app\.setGlobalPrefix\([^)]*\);/, "");
    expect(nest({ "apps/one/main.ts": app("one"), "apps/two/main.ts": plain }).lines).toEqual([
      "GET /one-api/one [ThrottlerGuard]",
      "GET /two []",
    ]);
  });
});

describe("GraphQL", () => {
  const RESOLVER = `import { Args, Context, Mutation, Query, ResolveField, Resolver, Subscription } from "@nestjs/graphql";
    class G implements CanActivate { canActivate() { return false; } } class Team {}
    @Resolver(() => Team) @UseGuards(G) class Teams {
      @Query(() => [Team], { name: "teams" }) list(@Args("id") id: string, @Args({ name: "all" }) all: boolean) {}
      @Mutation("rename") rename(@Args() input: Input) {}
      @Subscription(() => Team) changed(@Context("req") req) {}
      @ResolveField(() => [User]) @UseGuards(G) members() {}
    }
    @Module({ providers: [Teams, { provide: APP_GUARD, useClass: ThrottlerGuard }] }) class AppModule {}`;

  it("names operations and fields; guards stop at fields", () => {
    const seen = nest(RESOLVER);
    expect(seen.lines).toEqual([
      "FIELD Team.members []",
      "MUTATION rename [ThrottlerGuard, G]",
      "QUERY teams [ThrottlerGuard, G]",
      "SUBSCRIPTION changed [ThrottlerGuard, G]",
    ]);
    expect(argumentsOf(seen.entry("QUERY"))).toEqual(["input args.id", "input args.all"]);
    expect(argumentsOf(seen.entry("SUBSCRIPTION"))).toEqual(["request"]);
    // every operation that leads to a team has run the guard before its fields
    expect(seen.faults).toEqual([]);
    const open = RESOLVER.replace(
      "@Module({ providers: [Teams,",
      "@Resolver() class Open { @Query(() => Team) first() {} } @Module({ providers: [Teams, Open,",
    );
    expect(nest(open).faults.map((f) => `${f.kind} ${f.name}`)).toEqual(["field-not-guarded G"]);
  });

  it("lets guards run on fields when the driver says so", () => {
    const seen = nest(`${RESOLVER} const options = { fieldResolverEnhancers: ["guards"] };`);
    expect(seen.lines[0]).toBe("FIELD Team.members [ThrottlerGuard, G, G]");
    expect(seen.faults).toEqual([]);
  });
});

describe("messages", () => {
  const GUARDED = "providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }]";

  it("guards messages of sockets, after the gateway's own look at the connection", () => {
    const seen = nest(`import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
      class G { canActivate() { return false; } }
      @WebSocketGateway({ namespace: "/chat" }) class Chat {
        handleConnection(client) {} @UseGuards(G) @SubscribeMessage("send") send(client, data) {}
      }
      @Module({ providers: [Chat, { provide: APP_GUARD, useClass: ThrottlerGuard }] }) class AppModule {}`);
    expect(seen.lines).toEqual(["MESSAGE chat/send [handleConnection, ThrottlerGuard, G]"]);
    expect(argumentsOf(seen.entry("MESSAGE"))).toEqual(["request", "input data"]);
  });

  it("gives connected microservices no application guards unless they inherit the configuration", () => {
    const text = `import { EventPattern, GrpcMethod, MessagePattern } from "@nestjs/microservices";
      @Controller() class A {
        @MessagePattern({ cmd: "sum" }) a() {} @EventPattern("made") b() {} @GrpcMethod("Orders", "Find") c() {}
      }
      @Module({ controllers: [A], ${GUARDED} }) class AppModule {}
      const app = await NestFactory.create(AppModule); app.connectMicroservice({}, OPTIONS); await app.listen(1);`;
    expect(nest(text.replace("OPTIONS", "{}")).lines).toEqual([
      "EVENT made []",
      "GRPC Orders.Find []",
      "MESSAGE sum []",
    ]);
    expect(nest(text.replace("OPTIONS", "{ inheritAppConfig: true }")).lines).toContain("MESSAGE sum [ThrottlerGuard]");
  });

  it("runs no guard for queues, schedules and events", () => {
    const { lines, entries } = nest(`import { Process, Processor } from "@nestjs/bull";
      import { Processor as Worker, WorkerHost } from "@nestjs/bullmq";
      import { Cron, Interval } from "@nestjs/schedule"; import { OnEvent } from "@nestjs/event-emitter";
      @Processor("mail") class Mail { @Process("send") send(job) {} }
      @Worker({ name: "video" }) class Video extends WorkerHost { async process(job) {} }
      @Injectable() class Jobs { @Cron("* * * * *") nightly() {} @Interval(5) often() {} @OnEvent("order.made") made(e) {} }
      @Module({ providers: [Mail, Video, Jobs, { provide: APP_GUARD, useClass: ThrottlerGuard }] }) class AppModule {}`);
    expect(lines).toEqual([
      "CRON Jobs.nightly []",
      "EVENT order.made []",
      "INTERVAL Jobs.often []",
      "PROCESS mail/send []",
      "PROCESS video []",
    ]);
    expect(new Set(entries.map((e) => e.transport))).toEqual(new Set(["cron", "queue"]));
  });
});

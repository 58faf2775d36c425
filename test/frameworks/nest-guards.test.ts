/** Which guards and middleware run, in which order, with which metadata and arguments. */
import { describe, expect, it } from "vitest";
import { argumentsOf, nest, returnedBy } from "./nest-support.js";

const GUARDS = "A B C D"
  .split(" ")
  .map((n) => `class ${n} implements CanActivate { canActivate() { return ${n}.ok(); } }`)
  .join(" ");
const module = (controller: string, more = ""): string =>
  `@Module({ controllers: [${controller}], ${more} }) class AppModule {}`;

describe("guards", () => {
  it("run for the application, then the class, then the method, the lowest decorator first", () => {
    const { lines } = nest(`${GUARDS}
      @Controller("x") @UseGuards(B) class X { @Get() @UseGuards(C) @UseGuards(D, A) a() {} @Post() b() {} }
      ${module("X", "providers: [{ provide: APP_GUARD, useClass: A }]")}`);
    expect(lines).toEqual(["GET /x [A, B, D, A, C]", "POST /x [A, B]"]);
  });

  it("are provided for the whole application by any module and by the bootstrap", () => {
    const { lines } = nest(`${GUARDS}
      @Module({ providers: [D, { provide: APP_GUARD, useExisting: D }] }) class Auth {}
      @Controller("x") class X { @Get() a() {} }
      ${module("X", "imports: [Auth], providers: [{ provide: APP_GUARD, useFactory: (r) => new B(r) }, { provide: APP_GUARD, useValue: new C() }]")}
      const app = await NestFactory.create(AppModule); app.useGlobalGuards(new A(), new ThrottlerGuard()); app.listen(1);`);
    expect(lines).toEqual(["GET /x [A, ThrottlerGuard, B, C, D]"]);
  });

  it("that a module provides under a condition say so", () => {
    const { lines } = nest(`${GUARDS} @Controller("x") class X { @Get() a() {} }
      ${module("X", "providers: [...(process.env.AUTH ? [{ provide: APP_GUARD, useClass: A }] : [])]")}`);
    expect(lines).toEqual(["GET /x [A (depends on process.env.AUTH)]"]);
  });

  it("come as lists, objects, mixins, and from packages", () => {
    const seen = nest(`${GUARDS}
      function HasRole(role: string) { class RoleGuard { canActivate() { return role; } } return mixin(RoleGuard); }
      class Fixed { constructor(private roles: string[]) {} canActivate() { return this.roles[0]; } }
      @Controller("x") class X {
        @Get() @UseGuards(...[A, B], new Fixed(["x"])) a() {}
        @Post() @UseGuards(HasRole("admin")) b() {} @Put() @UseGuards(AuthGuard("jwt")) c() {}
      }`);
    expect(seen.lines).toEqual(["GET /x [A, B, Fixed]", "POST /x [RoleGuard]", "PUT /x [AuthGuard]"]);
    const get = seen.entry("GET");
    const post = seen.entry("POST");
    expect(returnedBy(get.steps[2], get, seen)).toBe('"x"');
    expect(returnedBy(post.steps[0], post, seen)).toBe('"admin"');
    expect(seen.entry("PUT").steps[0].origin).toMatchObject({ module: "@nestjs/passport", path: "AuthGuard()" });
  });

  it("that extend passport's are the package's, unless they let everyone pass", () => {
    const { lines, entries } = nest(`
      class Jwt extends AuthGuard("jwt") {}
      class Strict extends AuthGuard("jwt") { handleRequest(e, user) { if (e || !user) throw e; return user; } }
      class Loose extends AuthGuard("jwt") { handleRequest(e, user) { if (e) throw e; return user; } }
      class Own extends AuthGuard("jwt") { canActivate(context) { return super.canActivate(context); } }
      @Controller("x") class X { @UseGuards(Jwt, Strict, Loose, Own) @Get() a() {} }`);
    expect(lines).toEqual(["GET /x [Jwt, Strict, Loose, Own]"]);
    expect(entries[0].steps[2].origin).toMatchObject({ path: "AuthGuard().handleRequest" });
    expect(entries[0].steps.map((s) => s.origin.kind)).toEqual(["package", "package", "package", "function"]);
  });

  it("that call their parent reach the package's guard", () => {
    const seen = nest(`class Own extends AuthGuard("jwt") { canActivate(c) { return super.canActivate(c); } }
      @Controller("x") class X { @UseGuards(Own) @Get() a() {} }`);
    const entry = seen.entry("GET");
    expect(returnedBy(entry.steps[0], entry, seen)).toBe("@nestjs/passport AuthGuard()().canActivate()");
  });

  it("that are factories given uncalled are reported", () => {
    const { faults, lines } = nest(`function HasRole(r) { class G { canActivate() { return r; } } return mixin(G); }
      @Controller("x") class X { @UseGuards(HasRole) @Get() a() {} }`);
    expect(lines).toEqual(["GET /x []"]);
    expect(faults.map((f) => `${f.kind} ${f.name}`)).toEqual(["factory-not-called HasRole"]);
  });
});

describe("composed decorators", () => {
  it("are taken apart with their arguments", () => {
    const seen = nest(`${GUARDS}
      class G { constructor(private role: string) {} canActivate() { return this.role; } }
      const Roles = (...roles: string[]) => SetMetadata("roles", roles);
      function Auth(role: string) { return applyDecorators(Roles(role), UseGuards(A, new G(role))); }
      const Twice = () => applyDecorators(Auth("x"), UseGuards(B));
      const ByHand = () => (target, key, descriptor) => { UseGuards(C)(target, key, descriptor); };
      const Pushed = () => { const all = [SetMetadata("k", 1)]; all.push(UseGuards(D)); return applyDecorators(...all); };
      @Controller("x") class X { @Auth("admin") @Get() a() {} @Twice() @Post() b() {} @ByHand() @Put() c() {} @Pushed() @Patch() d() {} }`);
    expect(seen.lines).toEqual([
      "GET /x [A, G]",
      "PATCH /x [D (set-up adds it under a condition)]",
      "POST /x [A, G, B]",
      "PUT /x [C]",
    ]);
    const get = seen.entry("GET");
    expect(returnedBy(get.steps[1], get, seen)).toBe('"admin"');
    expect([...get.metadata.keys()]).toContain("roles");
  });
});

describe("inheritance", () => {
  it("adds a class's guards to its parent's, and loses those of a method that is replaced", () => {
    const seen = nest(`${GUARDS}
      @UseGuards(A) class Base { @Get("kept") @UseGuards(C) kept() {} @Get("lost") @UseGuards(C) lost() {} }
      @Controller("x") @UseGuards(B) class X extends Base { @Get("lost") lost() {} }`);
    expect(seen.lines).toEqual(["GET /x/kept [A, B, C]", "GET /x/lost [A, B]"]);
    const { nearMisses } = seen.entry("GET /x/lost");
    expect(nearMisses.map((m) => `${m.step.name} ${m.why}`)).toEqual(["C overridden-method"]);
  });
});

describe("middleware", () => {
  it("runs for the routes that a module names", () => {
    const seen = nest(
      `
      class M { use(req, res, next) { next(); } }
      function plain(req, res, next) { next(); }
      @Controller("a") class A { @Get() a() {} @Get("open") b() {} @Post() c() {} }
      @Controller("b") class B { @Get(":id") a() {} }
      ${module("A, B").replace("{}", "{ configure(consumer: MiddlewareConsumer) {").replace(/\}$/, "")}
        configure(consumer) {
          consumer.apply(M).exclude("a/open").forRoutes(A).apply(plain).forRoutes({ path: "b/*id", method: RequestMethod.GET });
        } }`.replace("class AppModule { configure(consumer: MiddlewareConsumer) {", "class AppModule {"),
    );
    expect(seen.lines).toEqual(["GET /a [M]", "GET /a/open []", "GET /b/:id [plain]", "POST /a [M]"]);
    expect(seen.entry("GET /a/open").nearMisses.map((m) => `${m.step.name}: ${m.detail}`)).toContain(
      "M: excludes a/open",
    );
  });

  it("of the bootstrap runs in front of everything, below its path", () => {
    const { lines } = nest(`import helmet from "helmet";
      @Controller("a") class A { @Get() a() {} } ${module("A")}
      const app = await NestFactory.create(AppModule);
      app.use(helmet()); app.use("/other", helmet()); await app.listen(1);`);
    expect(lines).toEqual(["GET /a [helmet]"]);
  });
});

describe("metadata", () => {
  const guard = (read: string): string => `class G { constructor(private reflector: Reflector) {}
    canActivate(context: ExecutionContext) { return this.reflector.${read}; } }`;
  const controller = `@Controller("x") @SetMetadata("k", "class") @UseGuards(G) class X {
    @SetMetadata("k", "method") @Get() a() {} @Post() b() {} }`;

  it("is read from the handler, the class, or both", () => {
    const answers = (read: string): string[] => {
      const seen = nest(`${guard(read)} ${controller}`);
      return ["GET", "POST"].map((m) => returnedBy(seen.entry(m).steps[0], seen.entry(m), seen));
    };
    expect(answers('get("k", context.getHandler())')).toEqual(['"method"', "undefined"]);
    expect(answers('get("k", context.getClass())')).toEqual(['"class"', '"class"']);
    const both = "[context.getHandler(), context.getClass()]";
    expect(answers(`getAllAndOverride("k", ${both})`)).toEqual(['"method"', '"class"']);
    expect(answers(`getAllAndMerge("k", ${both})`)).toEqual(['"method" | "class"', '"class"']);
    expect(answers('getAllAndOverride("other", [context.getHandler()])')).toEqual(["undefined", "undefined"]);
  });

  it("is joined on symbols and on created decorators", () => {
    const seen = nest(`const KEY = Symbol("k"); const OTHER = Symbol("o");
      const Roles = Reflector.createDecorator<string>();
      class G { constructor(private reflector: Reflector) {}
        canActivate(c: ExecutionContext) { return [this.reflector.get(KEY, c.getHandler()), this.reflector.get(Roles, c.getHandler())][0]; } }
      class H { constructor(private reflector: Reflector) {}
        canActivate(c: ExecutionContext) { return this.reflector.get(Roles, c.getHandler()); } }
      @Controller("x") class X { @UseGuards(G, H) @SetMetadata(OTHER, 1) @SetMetadata(KEY, "s") @Roles("admin") @Get() a() {} }`);
    const entry = seen.entry("GET");
    expect(entry.steps.map((s) => returnedBy(s, entry, seen))).toEqual(['"s"', '"admin"']);
  });

  it("that no guard in force reads is reported, but not marks that lift a demand", () => {
    const seen = nest(`${guard('get("roles", context.getHandler())')}
      class P { constructor(private reflector: Reflector) {} canActivate(c) { return this.check(c); }
        check(c) { return this.reflector.get("isPublic", c.getHandler()); } }
      const Roles = (...roles) => SetMetadata("roles", roles);
      @Controller("x") class X {
        @Roles("a") @Get() a() {} @Roles("a") @UseGuards(G) @Post() b() {}
        @SetMetadata("isPublic", true) @Put() c() {} @SetMetadata("unread", 1) @Patch() d() {}
      }`);
    expect(seen.faults.map((f) => `${f.kind} ${f.name} ${f.note}`)).toEqual([
      "metadata-without-guard roles X.a sets 'roles', which G would read; no such guard runs for it",
    ]);
  });

  it("tells the kind of context and its request", () => {
    const seen = nest(`import { GqlExecutionContext } from "@nestjs/graphql";
      class T { canActivate(context: ExecutionContext) { return context.getType(); } }
      class R { canActivate(context: ExecutionContext) { return context.switchToHttp().getRequest().body; } }
      class Q { canActivate(context: ExecutionContext) { return GqlExecutionContext.create(context).getContext().req.params; } }
      class I { canActivate(context: ExecutionContext) { const [req] = context.getArgs(); return req.query; } }
      @Controller("x") class X { @UseGuards(T, R, Q, I) @Get() a() {} }`);
    const entry = seen.entry("GET");
    const [type, ...rest] = entry.steps.map((s) => returnedBy(s, entry, seen));
    expect(type).toBe('"http"');
    expect(rest).toEqual(["input body", "input params", "input query"]);
  });
});

describe("arguments of handlers", () => {
  it("are what their decorators name", () => {
    const seen = nest(`
      const User = createParamDecorator((data: string, context: ExecutionContext) => {
        const request = context.switchToHttp().getRequest(); return data ? request.user[data] : request.user; });
      @Controller("x") class X { @Get() a(@Body() b: B, @Body("x") x, @Query("q") q, @Param("id") id, @Headers("authorization") h,
        @Req() req, @User("orgId") orgId, plain) {} }`);
    const [body, field, query, param, header, request, user, plain] = argumentsOf(seen.entry("GET"));
    expect([body, field, query, param]).toEqual(["input body", "input body.x", "input query.q", "input params.id"]);
    expect(header).toBe("credential headers.authorization");
    expect(request).toBe("request");
    expect(user).toBe("identity user.orgId | identity user");
    expect(plain).toBe("? parameter");
  });
});

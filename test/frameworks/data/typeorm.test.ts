import { describe, expect, it } from "vitest";
import { NO_DATA } from "../../../src/frameworks/data/recogniser.js";
import { readTypeormModels } from "../../../src/frameworks/data/typeorm-entities.js";
import { createKnowledge } from "../../../src/frameworks/knowledge/knowledge.js";
import { loadSqlParser } from "../../../src/frameworks/sql/statement.js";
import type { DataModel } from "../../../src/model/data-model.js";
import type { Program } from "../../../src/program/linking/program.js";
import { Evaluator } from "../../../src/program/values/evaluate.js";
import { callsIn, link, print } from "./printed-calls.js";

await loadSqlParser();

const ENTITIES = `
import { BaseEntity, Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryGeneratedColumn, Unique } from "typeorm";
class Base extends BaseEntity { @PrimaryGeneratedColumn("uuid") id: string; }
@Entity() export class Org extends Base { @OneToMany(() => Member, (m) => m.org) members: Member[]; }
@Entity({ name: "org_members" }) @Unique(["org", "userId"]) export class Member extends Base {
  @Column() userId: string;
  @ManyToOne(() => Org) org: Org; }
@Entity("orders") export class Order extends Base {
  @Column({ name: "org_id", nullable: true }) orgId: string;
  @ManyToOne(() => Org) @JoinColumn({ name: "org_id" }) org: Org;
  @Column({ unique: true }) slug: string; }
`;

function modelsOf(program: Program): readonly DataModel[] {
  return readTypeormModels(program, new Evaluator(program, createKnowledge(NO_DATA, [])));
}

function calls(body: string): string[] {
  const head = `import { Repository, DataSource, EntityManager, In, Not, Brackets } from "typeorm";
    import { InjectRepository } from "@nestjs/typeorm";
    import { Order, Member, Org } from "./entities.js";\n`;
  return callsIn(link({ "src/app.ts": head + body, "src/entities.ts": ENTITIES }, "", modelsOf)).map(print);
}

function repo(method: string): string[] {
  return calls(
    `class Orders { constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {} async f(user, input, q) { ${method} } }`,
  );
}

describe("typeorm entities", () => {
  it("reads columns, keys and relations, base classes included", () => {
    const { program } = link({ "src/entities.ts": ENTITIES }, "");
    const models = modelsOf(program);
    expect(models.map((model) => [model.name, model.table])).toEqual([
      ["Org", "org"],
      ["Member", "org_members"],
      ["Order", "orders"],
    ]);
    const [, member, order] = models;
    expect(order?.columns.map((c) => [c.name, c.dbName, c.references])).toEqual([
      ["id", "id", ""],
      ["orgId", "org_id", "Org"],
      ["slug", "slug", ""],
    ]);
    expect(order?.relations).toEqual([{ name: "org", model: "Org", many: false, columns: ["orgId"] }]);
    expect(member?.columns.find((column) => column.name === "orgId")?.references).toBe("Org");
    expect(member?.uniques).toEqual([["org", "userId"]]);
  });
});

describe("typeorm calls", () => {
  it("reads options, criteria and operators", () => {
    expect(
      repo("return this.orders.findOne({ where: { id: input.id, orgId: user.orgId }, relations: ['org'] });"),
    ).toEqual(["read Order: id = input.id & orgId = user.orgId; loads org"]);
    expect(repo("return this.orders.find({ where: [{ orgId: user.orgId }, { id: input.id }] });")).toEqual([
      "read Order: orgId = user.orgId & or:id = input.id || id = input.id & or:orgId = user.orgId",
    ]);
    expect(repo("return this.orders.findOneBy({ id: In(input.ids), org: { members: { userId: user.id } } });")).toEqual(
      ["read Order: id in input.ids & org.members.userId = user.id"],
    );
    expect(repo("return this.orders.findBy({ id: Not(input.id), orgId: user?.orgId });")).toEqual([
      "read Order: negated:id not input.id & orgId = user.orgId?",
    ]);
    expect(repo("await this.orders.delete(input.id);")).toEqual(["delete Order: id = input.id"]);
    expect(repo("await this.orders.update({ id: input.id, orgId: user.orgId }, { slug: input.slug });")).toEqual([
      "update Order: id = input.id & orgId = user.orgId; sets slug = input.slug",
    ]);
    expect(repo("return this.orders.countBy({ org: user.org });")).toEqual(["read Order: orgId = user.org; counts"]);
    expect(repo("await this.orders.save({ slug: input.slug, orgId: user.orgId });")).toEqual([
      "create Order: -; sets slug = input.slug, orgId = user.orgId",
    ]);
  });

  it("knows where repositories come from", () => {
    expect(
      calls(`const source = new DataSource({});
        export const a = (id) => source.getRepository(Order).findOneBy({ id });
        export const b = (id) => source.manager.findOne(Order, { where: { id } });
        export const c = (id) => source.transaction(async (m: EntityManager) => { await m.delete(Order, { id }); });
        export const d = (id) => Order.findOneBy({ id });
        class Orders extends Repository<Order> { one(id) { return this.findOneBy({ id }); } }`),
    ).toEqual([
      "read Order: id = id",
      "read Order: id = id",
      "delete Order: id = id",
      "read Order: id = id",
      "read Order: id = id",
    ]);
  });

  it("collects conditions of query builders", () => {
    expect(
      repo(
        "return this.orders.createQueryBuilder('o').where('o.id = :id', { id: input.id }).andWhere('o.orgId = :org', { org: user.orgId }).getOne();",
      ),
    ).toEqual(["read Order: id = input.id & orgId = user.orgId"]);
    expect(
      repo(
        "return this.orders.createQueryBuilder('o').where('o.orgId = :org', { org: user.orgId }).where('o.id = :id', { id: input.id }).getOne();",
      ),
    ).toEqual(["read Order: replaced:orgId = user.orgId & id = input.id"]);
    expect(
      repo(
        "return this.orders.createQueryBuilder('o').where('o.orgId = :org', { org: user.orgId }).orWhere('o.id = :id', { id: input.id }).getMany();",
      ),
    ).toEqual(["read Order: orgId = user.orgId & or:id = input.id || id = input.id & or:orgId = user.orgId"]);
    expect(
      repo(
        "return this.orders.createQueryBuilder('o').innerJoin('o.org', 'g').innerJoin('g.members', 'm').where('o.id IN (:...ids)').andWhere('m.userId = :me').setParameters({ ids: input.ids, me: user.id }).getMany();",
      ),
    ).toEqual(["read Order: id in input.ids & org.members.userId = user.id"]);
    expect(
      repo(
        "return this.orders.createQueryBuilder('o').leftJoin('o.org', 'g', 'g.id = :org', { org: user.orgId }).where('o.id = :id', { id: input.id }).getMany();",
      ),
    ).toEqual(["read Order: id = input.id & outer-join:org.id = user.orgId"]);
    expect(
      repo(
        "const qb = this.orders.createQueryBuilder('o').where('o.id = :id', { id: input.id }); if (q) { qb.andWhere('o.orgId = :org', { org: user.orgId }); } return qb.getMany();",
      ),
    ).toEqual(["read Order: id = input.id & optional:orgId = user.orgId?"]);
    expect(
      repo(
        "return this.orders.createQueryBuilder('o').where('o.id = :id', { id: input.id }).andWhere(new Brackets((b) => b.where('o.orgId = :org', { org: user.orgId }).orWhere('o.slug = :s', { s: q }))).getMany();",
      ),
    ).toEqual([
      "read Order: id = input.id & orgId = user.orgId & or:slug = q || id = input.id & slug = q & or:orgId = user.orgId",
    ]);
    expect(
      calls(
        "export const f = (s: DataSource, id) => s.createQueryBuilder().delete().from(Order).where('id = :id', { id }).execute();",
      ),
    ).toEqual(["delete Order: id = id"]);
  });
});

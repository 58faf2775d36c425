import { describe, expect, it } from "vitest";
import { matchModels } from "../../src/frameworks/schema/match-model.js";
import type { DataModel } from "../../src/model/data-model.js";

function model(name: string, table: string, file = "schema.prisma"): DataModel {
  return { name, table, layer: "prisma", columns: [], relations: [], uniques: [], place: { file, start: 0, end: 0 } };
}

describe("names of models in code", () => {
  const matcher = matchModels([
    model("ApiKey", "api_keys"),
    model("APIToken", "tokens"),
    model("Company", "Company"),
    model("User", "users", "apps/a/schema.prisma"),
    model("User", "users", "apps/b/schema.prisma"),
  ]);

  it("finds client properties, tables and classes", () => {
    expect(matcher.client("apiKey")?.name).toBe("ApiKey");
    expect(matcher.client("aPIToken")?.name).toBe("APIToken");
    expect(matcher.table('"app"."api_keys"')?.name).toBe("ApiKey");
    expect(matcher.table("companies")?.name).toBe("Company");
    expect(matcher.named("ApiKeyEntity")?.name).toBe("ApiKey");
    expect(matcher.any("tokens")?.name).toBe("APIToken");
    expect(matcher.any("nothing")).toBeUndefined();
  });

  it("prefers the schema next to the code", () => {
    expect(matcher.client("user", "apps/b/src/x.ts")?.place.file).toBe("apps/b/schema.prisma");
    expect(matcher.client("user")?.place.file).toBe("apps/a/schema.prisma");
  });
});

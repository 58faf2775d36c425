import { expect, test } from "vitest";
import { bestFits, requestFit, requestPath, UNKNOWN_SEGMENT } from "../../src/base/route-path.js";

test.each([
  ["/orders/1?full=1", "/orders/1"],
  ["https://example.org/orders/", "/orders"],
  [`${UNKNOWN_SEGMENT}/orders`, "/orders"],
  ["http://localhost:3000", ""],
  ["orders/1", ""],
  ["/", "/"],
])("path of %j", (text, path) => {
  expect(requestPath(text)).toBe(path);
});

test.each<[string, string, boolean]>([
  ["/orders/:id", "/orders/42", true],
  ["/orders/:id", `/orders/${UNKNOWN_SEGMENT}`, true],
  ["/orders/export", `/orders/${UNKNOWN_SEGMENT}`, false],
  ["/orders/:id", "/orders", false],
  ["/orders/:id?", "/orders", true],
  ["/files/*rest", "/files/a/b", true],
  ["/orders/:id", "/orders/42/lines", false],
])("route %s, request %s", (route, request, fits) => {
  expect(requestFit(route, request) !== null).toBe(fits);
});

test("the closest route is meant", () => {
  const routes = ["/users/:id", "/users/me", "/*rest"];
  expect(bestFits(routes, (route) => route, "/users/me")).toEqual(["/users/me"]);
  expect(bestFits(routes, (route) => route, "/users/7")).toEqual(["/users/:id"]);
  expect(bestFits(routes, (route) => route, "/other/7")).toEqual(["/*rest"]);
});

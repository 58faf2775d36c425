/** Whether code runs on a server: reading claims in a browser decides nothing. */
import { FileFlag, Op } from "../../model/lowered.js";
import type { ProgramFile } from "../../program/linking/function-view.js";

const BROWSER_PACKAGE =
  /^(?:react|react-dom|react-native|react-router(?:-dom)?|preact|solid-js|vue|vue-router|pinia|svelte|@angular\/.*|@ionic\/.*|expo|expo-.*|@react-native.*|@reduxjs\/toolkit|react-redux|redux|zustand|jotai|swr|@tanstack\/(?:react|vue)-query|next\/router|@chakra-ui\/.*|@mui\/.*|@auth0\/auth0-react|localforage|js-cookie|universal-cookie)$/;
const SERVER_PACKAGE =
  /^(?:express|koa|fastify|hono|next\/server|next\/headers|@nestjs\/.*|@trpc\/server|@prisma\/client|typeorm|drizzle-orm.*|mongoose|sequelize|pg|jsonwebtoken|server-only|node:.*|http|crypto|fs|h3|@hapi\/hapi|@remix-run\/node|@sveltejs\/kit|apollo-server.*|@apollo\/server)$/;
const BROWSER_GLOBAL = new Set(["localStorage", "sessionStorage", "window", "document", "navigator"]);
const BROWSER_PATH =
  /(?:^|\/)(?:components?|hooks|frontend|client|browser|mobile|ui)\/|(?:^|\/)use-?[A-Z][^/]*\.[jt]sx?$/;

/** What Next.js renders on the server unless it says otherwise, whatever the folders above are called. */
const RENDERED = /(?:^|\/)app\/(?:.+\/)?(?:layout|page|template|default|route)\.[jt]sx?$/;

const known = new WeakMap<ProgramFile, boolean>();

/** False for code that is clearly meant for a browser. */
export function runsOnServer(file: ProgramFile): boolean {
  let answer = known.get(file);
  if (answer === undefined) {
    answer = judge(file);
    known.set(file, answer);
  }
  return answer;
}

function judge(file: ProgramFile): boolean {
  const { lowered } = file;
  if ((lowered.flags & FileFlag.UseClient) !== 0) return false;
  const modules = lowered.imports.filter((i) => !i.typeOnly).map((i) => i.module);
  if (modules.some((m) => SERVER_PACKAGE.test(m)) || (lowered.flags & FileFlag.UseServer) !== 0) return true;
  if (/\.server\.[cm]?[jt]sx?$|(?:^|\/)(?:api|server)\//.test(file.path)) return true;
  if (modules.some((m) => BROWSER_PACKAGE.test(m))) return false;
  if (usesBrowser(file)) return false;
  return !BROWSER_PATH.test(file.path) || (RENDERED.test(file.path) && modules.some((m) => /^next(?:\/|$)/.test(m)));
}

function usesBrowser(file: ProgramFile): boolean {
  for (let i = 0; i < file.functionCount; i += 1) {
    const fn = file.fn(i);
    for (let v = 0; v < fn.valueCount; v += 1) {
      if (fn.op(v) === Op.Global && BROWSER_GLOBAL.has(fn.text(fn.a(v)))) return true;
    }
  }
  return false;
}

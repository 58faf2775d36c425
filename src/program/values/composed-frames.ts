/** Chains of calls put behind each other: what was seen inside a call, seen from the callers of that call. */

import { MAX_FRAME_DEPTH } from "./call-frames.js";
import { dependsOnCaller } from "./computed-origins.js";
import { FramedMemo } from "./framed-memo.js";
import type { Frame, Origin, Site } from "./origin.js";

/** The same place seen from a caller: its frame, or the frames below its frame, get the outer one. */
export function attach(site: Site, frame: Frame): Site {
  const { fn, v } = site;
  if (site.frame !== null) return { fn, v, frame: compose(site.frame, frame) };
  for (let f: Frame | null = frame; f !== null; f = f.lexical) if (f.fn === fn) return { fn, v, frame: f };
  return site;
}

/** The frame of a function or of what surrounds it, below an outer frame. */
export function attachFrame(own: Frame | null, parent: Frame["fn"] | null, frame: Frame): Frame | null {
  if (own !== null) return compose(own, frame);
  for (let p = parent; p !== null; p = p.parent) {
    for (let f: Frame | null = frame; f !== null; f = f.lexical) if (f.fn === p) return f;
  }
  return null;
}

const composed = new FramedMemo<Frame, Frame>();

/** The same two frames give the same one again, so what is known of it stays known. */
export function compose(inner: Frame, outer: Frame): Frame {
  return composed.get(outer, inner, () => composeAnew(inner, outer));
}

function composeAnew(inner: Frame, outer: Frame): Frame {
  if (inner.depth + outer.depth > MAX_FRAME_DEPTH) return inner;
  const site = inner.site === null ? null : attach(inner.site, outer);
  // a closure that was called before it was known under which call its surroundings run
  const lexical = attachFrame(inner.lexical, inner.fn.parent, outer);
  const givenIn = givenBelow(inner, outer);
  if (site === inner.site && lexical === inner.lexical && givenIn === inner.givenIn) return inner;
  const depth = Math.max(site?.frame?.depth ?? 0, lexical?.depth ?? 0, givenIn?.depth ?? 0) + 1;
  const { fn, given, self, beside } = inner;
  return {
    fn,
    site,
    given,
    ...(givenIn === undefined ? {} : { givenIn }),
    self,
    ...(beside === undefined ? {} : { beside }),
    lexical,
    depth,
  };
}

/** `ids.map((id) => …)`: the elements are those of the list that the caller hands in. */
function givenBelow({ given, givenIn }: Frame, outer: Frame): Frame | undefined {
  if (!given.some((origins) => origins.some(isSeenFromCaller))) return givenIn;
  return givenIn === undefined ? outer : compose(givenIn, outer);
}

/** Made of what a caller hands in, or made at a place that a call leads to. */
function isSeenFromCaller(origin: Origin): boolean {
  if (dependsOnCaller(origin)) return true;
  return "site" in origin && origin.site !== null;
}

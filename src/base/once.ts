/** Worked out when it is first asked for, and then known. */
export function once<Answer>(read: () => Answer): () => Answer {
  let known: { readonly answer: Answer } | undefined;
  return () => {
    known ??= { answer: read() };
    return known.answer;
  };
}

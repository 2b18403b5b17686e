/**
 * A function that works something out once for each object, for as long as that is kept. For what never changes: trees,
 * their nodes, classes.
 */
export function once<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before.value;
    const value = make(of);
    known.set(of, { value });
    return value;
  };
}

/** The same for questions that are asked by name, for as long as the function is kept: each is answered once. */
export function onceEach<V>(answer: (question: string) => V): (question: string) => V {
  const known = new Map<string, { readonly value: V }>();
  return (question) => {
    const before = known.get(question);
    if (before !== undefined) return before.value;
    const value = answer(question);
    known.set(question, { value });
    return value;
  };
}

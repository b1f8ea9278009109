// What two REST APIs answer, brought into a form in which what is to be the same is the same.

/** Lists of what has no order in Buildbot come as the engine has them; those that were asked for in an order stay so. */
export function comparable(path: string, document: unknown): unknown {
  if (Array.isArray(document)) {
    const items = document.map((item) => comparable('', item));
    return path.includes('order=') ? items : items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof document !== 'object' || document === null) return document;
  // Of a limited page of builds and requests, Buildbot tells how many are on it; all of them are more use.
  const isUsed = ([name]: [string, unknown]): boolean => name !== 'meta' || !path.includes('limit=');
  const entries = Object.entries(document)
    .filter(isUsed)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, value]) => [name, comparable(path, value)]));
}

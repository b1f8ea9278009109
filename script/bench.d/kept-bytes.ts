interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: string[]; readonly node_types: [string[]] } };
  readonly nodes: number[];
}

/** The engine's own: what it compiles, ever better, and what it knows of the shapes of objects. */
const engines = new Set(['code', 'hidden', 'object shape', 'synthetic']);

/** Bytes of a heap that the program itself keeps there: its objects, texts, lists and functions. */
export function keptBytes(heapSnapshot: string): number {
  const { snapshot, nodes } = JSON.parse(heapSnapshot) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf('type'), fields.indexOf('self_size')];
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length)
    if (!engines.has(types[0][nodes[at + type] ?? 0] ?? '')) bytes += nodes[at + size] ?? 0;
  return bytes;
}

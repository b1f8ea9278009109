import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Alias, Document, Node, Pair, YAMLMap } from 'yaml';
import type { ParsedText } from './parse-text.js';
import { printable } from '../model/names.js';
import type { Problem } from './problem.js';

export const aliasSentence =
  'what begins with "*" is an alias in YAML: write a cron line or a pattern in quotes, like cron: "*/5 * * * *"';

/** A few bytes of aliases of aliases could stand for gigabytes. */
const mostAliases = 10_000;

/** What the document holds, with names as they are written; problems with names, aliases and merges. */
export function tidied(document: Document.Parsed, lineAt: (offset: number) => number): Omit<ParsedText, 'lineOf'> {
  const walk = new Walk(lineAt);
  walk.node(document.contents);
  if (walk.problems.length > 0) return { value: null, problems: walk.problems };
  try {
    return { value: document.toJS({ maxAliasCount: mostAliases }) as unknown, problems: [] };
  } catch (error) {
    const message = `aliases stand for more than can be read: ${(error as Error).message}`;
    return { value: null, problems: [{ path: [], line: walk.lastAliasLine, message }] };
  }
}

/** What an alias stands for. */
export function followed(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

class Walk {
  readonly problems: Problem[] = [];
  lastAliasLine = 1;
  private readonly anchors = new Map<string, Node>();
  /** Those that an alias stands in. */
  private readonly open = new Set<Node>();
  private readonly lineAt: (offset: number) => number;

  constructor(lineAt: (offset: number) => number) {
    this.lineAt = lineAt;
  }

  node(node: unknown): void {
    if (!isNode(node)) return;
    if (isAlias(node)) return this.alias(node);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    this.open.add(node);
    if (isMap(node)) this.map(node);
    else if (isSeq(node)) node.items.forEach((item) => this.node(item));
    this.open.delete(node);
  }

  private alias(alias: Alias): void {
    this.lastAliasLine = this.lineAt(alias.range?.[0] ?? 0);
    const target = this.anchors.get(alias.source);
    if (!target) this.wrong(alias, `there is no "&${printable(alias.source)}" before it; ${aliasSentence}`);
    else if (this.open.has(target)) this.wrong(alias, 'is an alias of what it stands in');
  }

  private map({ items }: YAMLMap): void {
    const names = new Set<string>();
    for (const pair of items) {
      if (isMerge(pair)) this.merge(pair);
      else this.name(pair, names);
      this.node(pair.value);
    }
  }

  /** As it is written: a name is text, whatever it looks like. */
  private name({ key }: Pair, names: Set<string>): void {
    if (!isScalar(key)) return this.wrong(key as Node, 'a name should be text');
    if (key.anchor !== undefined) this.anchors.set(key.anchor, key);
    if (typeof key.value !== 'string') key.value = key.source ?? '';
    const name = key.value as string;
    if (names.has(name)) this.wrong(key, `"${printable(name)}" is there twice`);
    names.add(name);
  }

  private merge({ key, value }: Pair): void {
    const sources = isSeq(value) ? value.items : [value];
    const isMergeable = (source: unknown): boolean =>
      isMap(source) || (isAlias(source) && isMap(this.anchors.get(source.source)));
    if (!sources.every(isMergeable)) this.wrong(key as Node, '"<<" wants a map, or an alias of one');
  }

  private wrong(node: Node, message: string): void {
    this.problems.push({ path: [], line: this.lineAt(node.range?.[0] ?? 0), message });
  }
}

/** A plain `<<`, which the library makes a symbol of. */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

import { Composer, Lexer, LineCounter, Parser, isMap, isScalar, isSeq } from 'yaml';
import type { CST, Document, ParsedNode, YAMLError } from 'yaml';
import { aliasSentence, followed, tidied } from './tidy.js';
import type { Path, Problem } from './problem.js';

export interface ParsedText {
  /** Maps, lists and scalars; means nothing where there are problems. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Of a key that is missing, the line of what should have it. */
  readonly lineOf: (path: Path) => number;
}

/** Nobody nests deeper, and what composes the document calls itself for each level. */
const deepest = 50;

/** YAML 1.2 with merge keys (`<<`), where every name is text: `1.10:` is "1.10". Throws nothing. */
export function parseText(text: string): ParsedText {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const problems: Problem[] = [];
  const composer = new Composer({ merge: true, uniqueKeys: false });
  lines.addNewLine(0);
  const tokens = shallow(text, new Parser(lines.addNewLine), (offset) => {
    problems.push({ path: [], line: lineAt(offset), message: `is nested more than ${deepest} levels deep` });
  });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (problems.length > 0 || !document) return { value: null, problems, lineOf: () => 1 };
  if (second) problems.push({ path: [], line: lineAt(second.range[0]), message: 'begins a second document: one file, one document' }); // prettier-ignore
  problems.push(...spoken([...document.errors, ...document.warnings], lineAt), ...versionProblems(document));
  if (problems.length > 0) return { value: null, problems, lineOf: () => 1 };
  const tidy = tidied(document, lineAt);
  return { ...tidy, lineOf: (path) => lineOf(document, path, lineAt) };
}

/** Gives up before anything has grown too large for memory. */
function* shallow(text: string, parser: Parser, refuse: (offset: number) => void): Generator<CST.Token> {
  for (const lexeme of new Lexer().lex(text)) {
    if (parser.stack.length > deepest) return refuse(parser.offset);
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

/** The first of each line: what follows is mostly a consequence. */
function spoken(errors: readonly YAMLError[], lineAt: (offset: number) => number): Problem[] {
  const byLine = new Map<number, Problem>();
  for (const error of errors) {
    const line = lineAt(error.pos[0]);
    if (!byLine.has(line)) byLine.set(line, { path: [], line, message: sentence(error) });
  }
  return [...byLine.values()];
}

function sentence({ code, message }: YAMLError): string {
  if (/alias/i.test(message)) return aliasSentence;
  if (code === 'TAB_AS_INDENT') return 'is indented by a tab: YAML wants spaces';
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return 'has a second ": ": write text that holds one in quotes';
  if (code === 'BAD_SCALAR_START') return `${message}: write it in quotes`;
  return message.split('\n')[0] ?? '';
}

function versionProblems({ directives }: Document): Problem[] {
  if (!directives?.yaml.explicit || directives.yaml.version === '1.2') return [];
  return [{ path: [], line: 1, message: 'should be YAML 1.2: in another version the same words mean other things' }];
}

function lineOf(document: Document.Parsed, path: Path, lineAt: (offset: number) => number): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const key of path) {
    node = followed(document, node);
    const pair = isMap<ParsedNode>(node) ? node.items.find((one) => isScalar(one.key) && one.key.value === key) : undefined; // prettier-ignore
    const item = isSeq<ParsedNode>(node) ? node.items[Number(key)] : undefined;
    const place: ParsedNode | undefined = pair?.key ?? item;
    if (place === undefined) break;
    offset = place.range?.[0] ?? offset;
    node = pair ? pair.value : item;
  }
  return lineAt(offset);
}

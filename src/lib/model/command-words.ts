import { resultNames, success } from './results.js';

type CommandLine = string | readonly string[];

/** `'make test'`, `'make -j4 ...'`: how Buildbot names a step by its command. */
export function commandSummary(command: CommandLine): string {
  const words = typeof command === 'string' ? command.split(/\s+/).filter((word) => word !== '') : command;
  return words.length < 3 ? `'${words.join(' ')}'` : `'${words.slice(0, 2).join(' ')} ...'`;
}

/** How Buildbot words the end of a step: its name, and what came of it where that is not success. */
export function stepState(summary: string, results: number): string {
  return results === success ? summary : `${summary} (${resultNames[results] ?? results})`;
}

/** To be pasted into a shell. */
export function commandLine(command: CommandLine): string {
  return typeof command === 'string' ? command : command.map(quoted).join(' ');
}

function quoted(word: string): string {
  if (word === '') return '""';
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** As Buildbot's worker prints it: Python's bytes. */
export function commandBytes(command: CommandLine): string {
  return typeof command === 'string' ? pythonBytes(command) : `[${command.map(pythonBytes).join(', ')}]`;
}

const escapes: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

function pythonBytes(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const characters = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === quote) return `\\${quote}`;
    return escapes[byte] ?? (byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`);
  });
  return `b${quote}${characters.join('')}${quote}`;
}

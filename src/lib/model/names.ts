/** Control characters (C0, DEL, C1), and the marks that reorder or hide text: a terminal must not obey them. */

const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Text from the database, for people: what a terminal would obey is shown as `\u001b` and the like. */
export function printable(text: string): string {
  return text.replace(unprintable, escapeCharacter);
}

/** The same for JSON text, which stays the same JSON. */
export function printableJson(json: string): string {
  return json.replace(unprintable, (character) => (character === '\n' ? character : escapeCharacter(character)));
}

/** One word for a POSIX shell (bash and zsh where the name has control characters). */
export function shellWord(text: string): string {
  if (/^[\w@%+:,./][\w@%+=:,./-]*$/.test(text)) return text;
  if (printable(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = text.replace(/[\\']/g, '\\$&').replace(unprintable, escapeCharacter);
  return `$'${escaped}'`;
}

/** The same as an argument, which must not be taken for a flag. */
export function shellArgument(text: string): string {
  return text.startsWith('-') ? `-- ${shellWord(text)}` : shellWord(text);
}

/** `12,345`; without the tables of the world's languages, which take long to load. */
export function thousands(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 build`, `2 builds`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${thousands(number)} ${number === 1 ? noun : plural}`;
}

/** `a, b, c and 4 more`. */
export function list(words: readonly (string | number)[], most = 8): string {
  const shown = words.slice(0, words.length === most + 1 ? most + 1 : most).join(', ');
  const rest = words.length - Math.min(words.length, words.length === most + 1 ? most + 1 : most);
  return rest > 0 ? `${shown} and ${thousands(rest)} more` : shown;
}

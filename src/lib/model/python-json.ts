/** JSON text as Buildbot's `json.dumps` writes it: a space after each comma and colon, and nothing but ASCII. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    return `{${entries.map(([key, one]) => `${pythonJson(key)}: ${pythonJson(one)}`).join(', ')}}`;
  }
  return asciiOnly(JSON.stringify(value ?? null));
}

function asciiOnly(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

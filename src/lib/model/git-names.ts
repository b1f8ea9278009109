/** What git could take for an option, for more than one name, or for what the name does not say. */
const strange = /^[-+]|[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.lock(\/|$)|(^|\/)\.|\.$|^@$/;

/** A branch, a tag, `HEAD`, or any other ref; the rules of git. */
export function isRefName(name: string): boolean {
  return name !== '' && name.length <= 1024 && !strange.test(name);
}

/** Whole: of SHA-1 or SHA-256. */
export function isCommitId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);
}

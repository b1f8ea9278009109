import { Failure } from '../errors.js';
import { printable } from './names.js';

/** Without what opens the door, for people. The name in `ssh://git@host` is no secret. */
export function shownAddress(address: string): string {
  return printable(withoutCredentials(address));
}

/** Of any text in which addresses stand. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s/]*)@/gi, (whole, scheme: string, user: string) =>
    /^(git\+)?ssh/i.test(scheme) && !user.includes(':') ? whole : `${scheme}***@`,
  );
}

/** The address as others may have it: without a password, and over HTTP without a user, which may be one. */
export function publicAddress(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^\s/]*)@/i, (_, scheme: string, user: string) =>
    /^(git\+)?ssh/i.test(scheme) ? `${scheme}${user.replace(/:.*$/s, '')}@` : scheme,
  );
}

/** Not among them: what git would take for an option, and what would make git run a program of the address's choice. */
export function isAddress(text: string): boolean {
  return text !== '' && !/^-|^[\w+.-]+::|[\0\r\n]/.test(text);
}

export function verifyAddress(address: string): void {
  if (isAddress(address)) return;
  throw new Failure('usage', `The repository ${shownAddress(address) || "''"} is no address that bbctl gives to git.`, {
    try: 'Use a path, or an address of https, ssh, git or file.',
  });
}

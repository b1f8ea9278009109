import { MasterControl } from '../control/master-control.js';
import type { Controlled, Presence } from '../control/master-control.js';
import { Failure } from '../errors.js';

/** Does its process run? With why where that cannot be asked. */
export async function askPresence(controlled: Controlled): Promise<Presence | { readonly error: string }> {
  try {
    return await new MasterControl(controlled).presence();
  } catch (error) {
    if (error instanceof Failure) return { error: error.message };
    throw error;
  }
}

/** The same; `unknown` also where that cannot be asked. */
export async function presenceOf(controlled: Controlled): Promise<Presence> {
  const presence = await askPresence(controlled);
  return typeof presence === 'string' ? presence : 'unknown';
}

import { MasterControl } from '../control/master-control.js';
import type { Controlled, Presence } from '../control/master-control.js';
import { Failure } from '../errors.js';

/** Does its process run? `unknown` also where that cannot be asked. */
export async function presenceOf(controlled: Controlled): Promise<Presence> {
  try {
    return await new MasterControl(controlled).presence();
  } catch (error) {
    if (error instanceof Failure) return 'unknown';
    throw error;
  }
}

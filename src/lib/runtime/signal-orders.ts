import type { Orders } from './orders.js';

/** Orders of a process that is told by signals, as far as those go. */
export const signalOrders: Orders = {
  drain: () => signal('SIGTERM'),
  cancelDrain: () => false,
  stop: () => (signal('SIGTERM'), signal('SIGTERM')),
  reconfig: () => Promise.resolve((signal('SIGHUP'), null)),
  stopBuild: () => 'not here',
};

function signal(name: NodeJS.Signals): void {
  process.kill(process.pid, name);
}

const early = ['SIGUSR1', 'SIGHUP'] as const;

export type EarlySignal = (typeof early)[number];

/**
 * Listens from now on, before there is anybody to be told: at the one Node would open a debugger, of the other it would
 * die. Returns what ends it, and tells what has come until then.
 */
export function listenEarly(): (tell: (signal: EarlySignal) => void) => void {
  const heard = new Set<EarlySignal>();
  const hear = (signal: NodeJS.Signals): void => void heard.add(signal as EarlySignal);
  for (const signal of early) process.on(signal, hear);
  return (tell) => {
    for (const signal of early) process.off(signal, hear);
    for (const signal of heard) tell(signal);
  };
}

import { StringDecoder } from 'node:string_decoder';
import { withoutCredentials } from '../../model/repository-address.js';
import type { StepLog } from '../builds/step-context.js';

/** So much of a line may be kept back; an address is shorter. */
const longestKept = 4096;

/** The same log for a command that may print addresses: what opens the door is not in it, wherever the output is cut. */
export function maskLog(log: StepLog): StepLog {
  const streams = { stdout: new MaskedStream(), stderr: new MaskedStream() };
  return {
    header: (text) => log.header(withoutCredentials(text)),
    write: (stream, data) => log.write(stream, Buffer.from(streams[stream].add(data))),
    close: async () => {
      for (const stream of ['stdout', 'stderr'] as const) await log.write(stream, Buffer.from(streams[stream].end()));
      await log.close();
    },
  };
}

class MaskedStream {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  add(data: Buffer): string {
    const text = this.rest + this.decoder.write(data);
    const end = Math.max(/[^]*[\s]/.exec(text)?.[0].length ?? 0, text.length - longestKept);
    this.rest = text.slice(end);
    return withoutCredentials(text.slice(0, end));
  }

  end(): string {
    return withoutCredentials(this.rest + this.decoder.end());
  }
}

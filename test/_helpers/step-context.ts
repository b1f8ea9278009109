import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Property } from '../../src/lib/model/properties.js';
import { LogWriter } from '../../src/lib/runtime/logs/log-writer.js';
import type { Interruption, StepContext } from '../../src/lib/runtime/builds/step-context.js';
import { noLog } from '../../src/lib/runtime/log.js';
import { memorySink, type MemorySink } from './memory-log.js';
import type { Scope } from './scope.js';

export interface TestContext extends StepContext {
  readonly logs: Map<string, MemorySink>;
  /** Of 'stdio', with the marks. */
  stdio(): string;
  /** Without what Buildbot's header says of the environment. */
  shortStdio(): string;
  interrupt(reason: Interruption): void;
}

/** A step of a build that writes into memory, in a folder of the test. */
export function stepContext(t: Scope, parts: Partial<StepContext> = {}): TestContext {
  const workdir = realpathSync(mkdtempSync(join(tmpdir(), 'bbctl-step-')));
  t.teardown(() => rmSync(workdir, { recursive: true, force: true, maxRetries: 3 }));
  const controller = new AbortController();
  const logs = new Map<string, MemorySink>();
  const properties = new Map<string, Property>();
  const stdio = (): string => logs.get('stdio')?.text() ?? '';
  return {
    build: { id: 1, number: 1, builder: 'b', requestId: 1, buildsetId: 1, workdir },
    worker: 'local',
    properties,
    setProperty: (name, value, source) => Promise.resolve(void properties.set(name, { value, source })),
    sourceStamps: [],
    env: {},
    signal: controller.signal,
    log: noLog,
    ...parts,
    openLog: (name) => {
      const sink = memorySink();
      logs.set(name, sink);
      return Promise.resolve(new LogWriter(sink, { flushMs: 10 }));
    },
    logs,
    stdio,
    shortStdio: () => stdio().replace(/^h {2}\w+=.*\n/gm, ''),
    interrupt: (reason) => controller.abort(reason),
  };
}

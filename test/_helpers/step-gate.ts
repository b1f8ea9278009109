import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Steps that say that they have begun, and end when they are let. */
export class StepGate {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'bbctl-gate-'));

  get command(): string {
    return `echo $$ > "${this.folder}/begun.$$"; while [ ! -e "${this.folder}/open" ]; do sleep 0.05; done`;
  }

  /** Their processes. */
  get begun(): number[] {
    return readdirSync(this.folder).flatMap((name) => (name.startsWith('begun.') ? [Number(name.slice(6))] : []));
  }

  open(): void {
    writeFileSync(path.join(this.folder, 'open'), '');
  }
}

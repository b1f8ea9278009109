/** What one run of the tests came to. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const RESULT = /^(ok|not ok) \d+ - (.*?)(?: # (SKIP|TODO))?$/;
const PLAN = /^1\.\.\d+$/;
const SUMMARY = /^# (?:tests|pass|skip|fail) (\d+)$/;

/** Reads AVA's TAP output line by line: counts, and says what a person should see of it. */
export class TapReader {
  private readonly counts: Tally = { passed: 0, failed: 0, skipped: 0 };
  private readonly failures: string[] = [];
  private todo = 0;
  private hasPlan = false;
  private reportedFailures = 0;

  /** The text to show for this line, or undefined where it says nothing to people. */
  read(line: string): string | undefined {
    const result = RESULT.exec(line);
    if (result) return this.readResult(result[1] === 'ok', result[2] ?? '', result[3]);
    if (PLAN.test(line)) {
      this.hasPlan = true;
      return undefined;
    }
    if (this.hasPlan && SUMMARY.test(line)) return this.readSummary(line);
    return line === '' || line.startsWith('TAP version') ? undefined : line;
  }

  /** The end of the run; a run that broke off, crashed, had no test in it or other `problems` is a failure. */
  finish(status: number, problems: readonly string[] = []): { tally: Tally; failures: string[] } {
    const tally = { ...this.counts };
    const failures = [...this.failures, ...problems];
    tally.failed += problems.length;
    // Tests that never got to run are in AVA's summary only.
    const unrun = this.reportedFailures - this.todo - this.counts.failed;
    if (unrun > 0) {
      tally.failed += unrun;
      failures.push(`${unrun} more that did not get to run`);
    }
    const verdict = this.verdict(tally, status);
    if (verdict !== undefined && tally.failed === 0) {
      tally.failed = 1;
      failures.push(verdict);
    }
    return { tally, failures };
  }

  private verdict(tally: Tally, status: number): string | undefined {
    if (!this.hasPlan) return 'AVA ended before its tests did';
    if (tally.passed + tally.failed + tally.skipped === 0) return 'no tests were found';
    if (status !== 0) return `AVA ended with status ${status}`;
    return undefined;
  }

  private readResult(isOk: boolean, title: string, directive: string | undefined): string {
    if (directive !== undefined) {
      this.counts.skipped += 1;
      if (directive === 'TODO') this.todo += 1;
      return `- ${title} (${directive === 'TODO' ? 'to do' : 'skipped'})`;
    }
    if (isOk) {
      this.counts.passed += 1;
      return `✔ ${title}`;
    }
    this.counts.failed += 1;
    this.failures.push(title);
    return `✖ ${title}`;
  }

  private readSummary(line: string): undefined {
    if (line.startsWith('# fail ')) this.reportedFailures = Number(line.slice('# fail '.length));
  }
}

import { spawnSync } from 'node:child_process';

export interface Sample {
  readonly name: string;
  readonly value: number;
}

/** Its samples in their order; whether they are well-formed is for `promtool` to say. */
export function samplesIn(text: string): Sample[] {
  const lines = [...text.matchAll(/^(\w+)(?:\{.*\})? (\S+)$/gm)];
  return lines.map(([, name = '', value]) => ({ name, value: Number(value) }));
}

/** What Prometheus' own tool says of a text: nothing where it is as it should be. */
export function promtoolOn(text: string): { status: number | null; output: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error) throw new Error('promtool does not run (Debian: apt-get install prometheus), or put promtool into BBCTL_TEST_SKIP', { cause: error }); // prettier-ignore
  return { status, output: `${stdout}${stderr}` };
}

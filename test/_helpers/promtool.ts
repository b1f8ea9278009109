import { spawnSync } from 'node:child_process';

/** What Prometheus' own tool says of a text; `null` where it is not installed. */
export function promtool(text: string): { status: number | null; output: string } | null {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error) return null;
  return { status, output: `${stdout}${stderr}` };
}

// What `promtool check metrics` asks of a text, as far as gauges go; by the grammar of the exposition format.

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const sample = new RegExp(`^(${name})(\\{${label}(?:,${label})*\\})? (-?\\d+(?:\\.\\d+)?)$`);

export interface Sample {
  readonly name: string;
  /** As written, with its braces; empty where there are none. */
  readonly labels: string;
  readonly value: number;
}

/** Its samples; whatever is not as it must be is thrown. */
export function samplesIn(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const samples: Sample[] = [];
  const told = new Set<string>();
  let current = '';
  const lines = text.slice(0, -1).split('\n');
  for (const [index, line] of lines.entries()) {
    const help = new RegExp(`^# HELP (${name}) \\S.*$`).exec(line)?.[1];
    if (help !== undefined) {
      if (told.has(help)) throw new Error(`${help} is told twice`);
      if (lines[index + 1] !== `# TYPE ${help} gauge`) throw new Error(`${help} has no type after its help`);
      told.add((current = help));
    } else if (!line.startsWith('# TYPE ')) samples.push(sampleOf(line, current));
  }
  const series = samples.map((one) => one.name + one.labels);
  if (new Set(series).size !== series.length) throw new Error('a series is there twice');
  return samples;
}

function sampleOf(line: string, current: string): Sample {
  const [, metric = '', labels = '', value = ''] = sample.exec(line) ?? [];
  if (metric === '') throw new Error(`"${line}" is no sample`);
  if (metric !== current) throw new Error(`${metric} is not under its own help`);
  return { name: metric, labels, value: Number(value) };
}

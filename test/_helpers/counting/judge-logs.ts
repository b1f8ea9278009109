import { groupBy } from '../../../src/lib/model/group-by.js';
import { retry } from '../../../src/lib/model/results.js';
import type { BuildRecord, BuildRecords, LogRecord } from './build-records.js';

/** Steps have ended, and logs are whole. */
export function logProblems({ builds, steps, logs }: BuildRecords): string[] {
  const byId = new Map(builds.map((build) => [build.id, build]));
  const ofStep = new Map(steps.map((step) => [step.id, step]));
  return [
    ...steps.filter(({ completeAt }) => completeAt === null).map(({ id, buildId, name }) => `step ${id} (${name}) of build ${buildId} (${told(byId.get(buildId))}) is open`), // prettier-ignore
    ...[...groupBy(steps, ({ buildId, name }) => `${buildId} ${name}`)].filter(([, same]) => same.length > 1).map(([key]) => `build ${key}: the step is there twice`), // prettier-ignore
    ...logs.flatMap((log) => {
      const build = byId.get(ofStep.get(log.stepId)?.buildId ?? 0);
      const about = `log ${log.id} of build ${build?.id} (${told(build)})`;
      return [...shape(log), ...(build && isTalk(build) ? missingLines(log) : [])].map((why) => `${about} ${why}`);
    }),
  ];
}

function told(build: BuildRecord | undefined): string {
  return build ? `${build.builder} ${build.number}, results ${build.results}, master ${build.master}` : 'not there';
}

function isTalk({ builder, results }: BuildRecord): boolean {
  return builder === 'talk' && results !== retry;
}

/** Without gap or overlap. */
function shape({ isComplete, lines, chunks }: LogRecord): string[] {
  const problems = isComplete ? [] : ['is not complete'];
  let next = 0;
  for (const { first, last, text } of chunks) {
    if (first !== next) problems.push(`goes on at line ${first}, where ${next} is due`);
    if (text.split('\n').length !== last - first + 1)
      problems.push(`has another count of lines in ${first} to ${last}`);
    next = last + 1;
  }
  if (next !== lines) problems.push(`has ${next} lines, and says ${lines}`);
  return problems;
}

/** All that the step has printed, in its order. */
function missingLines({ name, chunks }: LogRecord): string[] {
  if (name !== 'stdio') return [];
  const text = chunks.map((chunk) => chunk.text).join('\n');
  const numbers = [...text.matchAll(/^ocounted line (\d+)$/gm)].map(([, number]) => Number(number));
  const wrong = numbers.findIndex((number, index) => number !== index + 1);
  if (wrong !== -1) return [`has line ${numbers[wrong]} where ${wrong + 1} was printed`];
  return text.includes('program finished with exit code 0') ? [] : ['does not have the end of the program'];
}

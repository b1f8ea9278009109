import { checks } from '../../model/checks/catalogue.js';
import type { Finding } from '../../model/finding.js';
import { count } from '../../model/names.js';
import { text } from '../format.js';
import { wrapped } from '../prose.js';
import { colour } from '../terminal.js';
import { findingMark } from './findings.js';

/** Each finding with what it means, what was seen, and what mends it; of so many checks that were run. */
export function renderDiagnosis(findings: readonly Finding[], checksRun: number): string {
  if (findings.length === 0)
    return colour.green(wrapped(`✓ ${count(checksRun, 'check')}, and nothing is wrong that bbctl can see.`, 2));
  return findings.map(diagnosis).join('\n\n');
}

function diagnosis(finding: Finding): string {
  const check = checks.find((one) => one.id === finding.id);
  const evidence = Object.entries(finding.evidence).map(([name, value]) => `${name} ${text(value)}`);
  return [
    wrapped(`${findingMark(finding.severity)} ${colour.bold(finding.message)}`, 2),
    wrapped(`  ${check?.meaning ?? ''}`, 2),
    ...(evidence.length > 0 ? [colour.dim(wrapped(`  Seen: ${evidence.join('; ')} (${finding.id})`, 4))] : []),
    ...finding.fix.map((command) => `    ${colour.cyan(command)}`),
  ].join('\n');
}

import type { Severity } from '../../model/finding.js';
import { colour } from '../terminal.js';

const marks: Record<Severity, string> = {
  critical: colour.red('✗'),
  warning: colour.yellow('!'),
  note: colour.dim('·'),
};

export function findingMark(severity: Severity): string {
  return marks[severity];
}

import type { Finding, Mend } from '../model/finding.js';
import { printable } from '../model/names.js';
import { needsYes } from './presenter.js';
import { isInteractive } from './terminal.js';

/** The findings that are to be mended: all that can be, or those that a person checks. */
export async function chooseMends(findings: readonly Finding[], { all }: { all: boolean }): Promise<Mend[]> {
  const mendable = findings.filter((finding) => finding.mend !== null);
  if (all || mendable.length === 0) return mendable.flatMap((finding) => finding.mend ?? []);
  if (!isInteractive()) throw needsYes();
  const { default: inquirer } = await import('inquirer');
  const choices = mendable.map((finding) => ({ name: printable(finding.message), value: finding.mend, checked: true }));
  try {
    const { chosen } = await inquirer.prompt<{ chosen: (Mend | null)[] }>([
      { type: 'checkbox', name: 'chosen', message: 'Which are to be mended?', choices },
    ]);
    return chosen.flatMap((mend) => mend ?? []);
  } catch {
    // Ctrl-C at the question is none of them.
    return [];
  }
}

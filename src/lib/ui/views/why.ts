import type { Link } from '../../model/why.js';
import { wrapped } from '../prose.js';
import { colour } from '../terminal.js';

const marks: Record<Link['state'], string> = {
  holds: colour.green('✓'),
  breaks: colour.red('✗'),
  built: colour.green('●'),
};

export function renderWhy(links: readonly Link[]): string {
  const lines = links.flatMap(({ state, message, fix }) => [
    wrapped(`${marks[state]} ${message}`, 2),
    ...fix.map((command) => `    ${colour.cyan(command)}`),
  ]);
  return lines.join('\n');
}

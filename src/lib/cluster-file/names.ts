import { printable } from '../model/names.js';
import type { Problem } from './problem.js';
import type { Section, Settings } from './sections.js';

/** As Buildbot has it for workers and force schedulers. */
const identifier = /^[a-zA-Z\u{a0}-\u{10ffff}_-][a-zA-Z0-9\u{a0}-\u{10ffff}_-]*$/u;
const reservedWorkers = ['debug', 'change', 'status'];

interface Rule {
  readonly holds: (name: string, settings: Settings) => boolean;
  readonly message: string;
}

function atMost(most: number, why: string): Rule {
  return { holds: (name) => [...name].length <= most, message: `has a name longer than ${most} characters: ${why}` };
}

const shown: Rule = {
  holds: (name) => name !== '' && printable(name) === name,
  message: 'has a name that is empty, or has characters that cannot be seen',
};
const named = 'has a name that is no identifier of Buildbot\'s: letters, digits, "_" and "-", no digit first';
const kept = atMost(128, 'what it remembers is kept under its name, and that column holds no more');

/** What Buildbot would refuse, and what columns do not hold. */
const rules: Readonly<Record<Section, readonly Rule[]>> = {
  masters: [shown],
  workers: [
    { holds: (name) => identifier.test(name), message: named },
    { holds: (name) => !reservedWorkers.includes(name), message: 'has a name that Buildbot keeps for itself' },
    atMost(50, 'the column holds no more'),
  ],
  builders: [
    shown,
    { holds: (name) => !name.startsWith('_'), message: 'has a name that begins with "_": Buildbot keeps those' },
    atMost(255, 'its folder is named after it'),
  ],
  schedulers: [shown, { holds: (name, { type }) => type !== 'force' || identifier.test(name), message: named }, kept],
  changeSources: [shown, kept],
};

export function nameProblems(section: Section, name: string, settings: Settings): Problem[] {
  const broken = rules[section].filter(({ holds }) => !holds(name, settings));
  return broken.map(({ message }) => ({ path: [section, name], message }));
}

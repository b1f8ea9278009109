import test from 'ava';
import { renderReference, type Manifest } from '../../script/reference.js';

const db = { name: 'db', type: 'option', helpGroup: 'CLUSTER', helpValue: 'URL', description: 'which' } as const;
const yes = { name: 'yes', char: 'y', type: 'boolean', helpGroup: 'CHANGE', description: 'do not ask' } as const;
const force = { name: 'force', type: 'boolean', helpGroup: 'CHANGE', description: 'if need be' } as const;

const manifest: Manifest = {
  commands: {
    'masters:expire': {
      id: 'masters:expire',
      summary: 'Expire.',
      examples: ['<%= config.bin %> masters expire'],
      args: { master: { name: 'master', description: 'its name' } },
      flags: { db, yes, force },
      strict: false,
    },
    undo: {
      id: 'undo',
      summary: 'Undo.',
      args: { change: { name: 'change', description: 'its number', required: true } },
      flags: { db, yes },
    },
  },
};

test('the reference describes flags of many commands once, the others with their command', (t) => {
  const text = renderReference(manifest);
  t.is(text.split('`--db=URL`: which').length, 2);
  t.is(text.split('- `-y`, `--yes`: do not ask').length, 2);
  t.regex(text, /### bbctl masters expire\n\nExpire\.\n\n```text\nbbctl masters expire \[MASTER…\] \[--force\]\n```/);
  t.regex(text, /- `MASTER…`: its name\n- `--force`: if need be\n\nFlags: \[which cluster\].*, \[changes\]/);
  t.regex(text, /```sh\nbbctl masters expire\n```/);
  t.true(text.includes('bbctl undo CHANGE\n'));
});

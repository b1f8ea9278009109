import test from 'ava';
import { nearest } from '../../../src/lib/model/near.js';

const words = ['treeStableTimer', 'builders', 'branch', 'branches', 'w1', 'local'];

test('what was probably meant', (t) => {
  const meant: [string, string | null][] = [
    ['tree_stable_timer', 'treeStableTimer'],
    ['TREESTABLETIMER', 'treeStableTimer'],
    ['bulders', 'builders'],
    ['buidlers', 'builders'],
    ['branchs', 'branch'],
    ['lcal', 'local'],
    ['w2', null],
    ['loud', null],
    ['', null],
    ['x'.repeat(5000), null],
  ];
  for (const [word, found] of meant) t.is(nearest(word, words), found, word.slice(0, 20));
});

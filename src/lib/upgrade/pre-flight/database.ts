import { clockSkew } from '../../model/checks/masters.js';
import { printable } from '../../model/names.js';
import { blocker, warning } from './remark.js';
import type { Rule } from './remark.js';

/** An old master that dies has to be expired. */
export const writable: Rule = ({ input }) => {
  if (input.notWritable === null) return [];
  const way = 'Use the primary server, and a user with the rights that "bbctl grants repair" prints.';
  return [blocker(printable(input.notWritable), way)];
};

/** What masters think of each other depends on their clocks. */
export const clocks: Rule = ({ cluster }) => {
  const limit = clockSkew.threshold ?? { warning: null, critical: null };
  return clockSkew.find({ cluster, details: null }, limit).map(({ message }) => warning(message));
};

import * as Flags from '@oclif/core/flags';

/** For commands that print a table. */
export const listFlags = {
  columns: Flags.string({
    description: 'columns to show, separated by commas',
    helpGroup: 'OUTPUT',
    helpValue: 'COLUMNS',
  }),
  sort: Flags.string({
    description: 'columns to sort by, "-" before one to turn it round',
    helpGroup: 'OUTPUT',
    helpValue: 'COLUMNS',
  }),
  filter: Flags.string({
    description: 'only rows with this, * stands for anything; may be repeated',
    helpGroup: 'OUTPUT',
    helpValue: 'COLUMN=TEXT',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** What is told of a master's life: a sentence, and what it is about. */
export type Fields = Readonly<Record<string, string | number | boolean | null>>;

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export const noLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

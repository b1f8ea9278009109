import { createHash } from 'node:crypto';
import path from 'node:path';

/** A place where a build runs: a slot of a worker, and a folder of the builder that no other build is in. */
export interface Seat {
  readonly worker: string;
  /** Absolute. */
  readonly folder: string;
  release(): void;
  /** While it only waits for others, they may have the slot; returns when it has one again, or needs none any more. */
  lend<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface Post {
  slots: number;
  taken: number;
  /** They have lent their slots and want them back. */
  readonly waiting: (() => void)[];
}

/** The slots of the local workers of this master. */
export class Slots {
  private readonly root: string;
  private readonly onFreed: () => void;
  private readonly posts = new Map<string, Post>();
  private readonly folders = new Set<string>();

  /** `root`: where each worker has its folder. */
  constructor(root: string, onFreed: () => void) {
    this.root = root;
    this.onFreed = onFreed;
  }

  /** Worker → how many builds it runs at once. What runs goes on. */
  configure(slots: ReadonlyMap<string, number>): void {
    for (const [worker, post] of this.posts) post.slots = slots.get(worker) ?? 0;
    for (const [worker, count] of slots) this.postOf(worker).slots = count;
    for (const post of this.posts.values())
      while (post.waiting.length > 0 && post.taken < limitOf(post)) {
        post.taken++;
        post.waiting.shift()?.();
      }
  }

  get free(): ReadonlyMap<string, number> {
    return new Map([...this.posts].map(([worker, { slots, taken }]) => [worker, Math.max(0, slots - taken)]));
  }

  take(worker: string, builder: string): Seat {
    const post = this.postOf(worker);
    const folder = this.freeFolder(worker, builder);
    post.taken++;
    let isHeld = true;
    return {
      worker,
      folder,
      release: () => {
        this.folders.delete(folder);
        if (isHeld) this.giveUp(post);
        isHeld = false;
      },
      lend: async (work, signal) => {
        this.giveUp(post);
        isHeld = false;
        try {
          return await work();
        } finally {
          isHeld = await this.takenBack(post, signal);
        }
      },
    };
  }

  private giveUp(post: Post): void {
    const next = post.taken <= limitOf(post) ? post.waiting.shift() : undefined;
    if (next) return next();
    post.taken--;
    this.onFreed();
  }

  /** Whoever has begun goes before whoever has not. Who is told to end needs none. */
  private async takenBack(post: Post, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (post.taken < limitOf(post)) {
      post.taken++;
      return true;
    }
    return new Promise((resolve) => {
      const take = (): void => resolve(true);
      post.waiting.push(take);
      const giveUp = (): void => {
        const place = post.waiting.indexOf(take);
        if (place !== -1) post.waiting.splice(place, 1);
        resolve(false);
      };
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  private postOf(worker: string): Post {
    const post = this.posts.get(worker) ?? { slots: 0, taken: 0, waiting: [] };
    this.posts.set(worker, post);
    return post;
  }

  private freeFolder(worker: string, builder: string): string {
    const first = path.join(this.root, worker, folderName(builder));
    let folder = first;
    for (let count = 2; this.folders.has(folder); count++) folder = `${first}.${count}`;
    this.folders.add(folder);
    return folder;
  }
}

/** Of those who have lent theirs: a worker that is configured no more lets them finish, one after the other. */
function limitOf({ slots }: Post): number {
  return Math.max(1, slots);
}

/** As Buildbot makes a folder of a builder's name, but two builders never have the same. */
export function folderName(builder: string): string {
  const plain = builder.replace(/[^\w-]/g, '_').slice(0, 100);
  return plain === builder ? plain : `${plain}-${createHash('sha1').update(builder).digest('hex').slice(0, 8)}`;
}

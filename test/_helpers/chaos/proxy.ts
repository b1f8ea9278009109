import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** `hang`: nothing is carried, and nobody is told; what was sent arrives when it is over. */
export type ProxyMode = 'carry' | 'hang' | 'reset' | { readonly delayMs: number };

/** The network between one master and its database. */
export class Proxy {
  private mode: ProxyMode = 'carry';
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private readonly target: URL;

  private constructor(target: URL) {
    this.target = target;
    this.server = createServer((client) => this.join(client));
  }

  static async open(url: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(url));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** The database's address, through it. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  set(mode: ProxyMode): void {
    this.mode = mode;
    for (const socket of this.sockets) {
      if (mode === 'reset') socket.resetAndDestroy();
      else if (mode === 'hang') socket.pause();
      else socket.resume();
    }
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket): void {
    if (this.mode === 'reset') return void client.on('error', () => {}).resetAndDestroy();
    const server = connect(Number(this.target.port), this.target.hostname);
    this.carry(client, server);
    this.carry(server, client);
  }

  private carry(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (data: Buffer) => this.send(data, to));
    if (this.mode === 'hang') from.pause();
    from
      .on('error', () => {})
      .on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
  }

  private send(data: Buffer, to: Socket): void {
    const delayMs = typeof this.mode === 'object' ? this.mode.delayMs : 0;
    const write = (): void => void (to.writable && to.write(data));
    if (delayMs > 0) setTimeout(write, delayMs);
    else write();
  }
}

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** A server on the loopback that does with each connection what the test says. */
export async function listening(t: ExecutionContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The same database through a network that stops carrying what the server says, once it has carried so much. */
export async function freezingAfter(t: ExecutionContext, url: string, bytes: number): Promise<string> {
  const target = new URL(url);
  const serverPort = Number(target.port);
  const port = await listening(t, (socket) => {
    const server = connect(serverPort, target.hostname);
    let carried = 0;
    server.on('data', (data) => {
      carried += data.length;
      if (carried <= bytes) socket.write(data);
    });
    socket.on('data', (data) => server.write(data)).on('close', () => server.destroy());
    server.on('error', () => socket.destroy());
  });
  target.port = String(port);
  return target.href;
}

// Engine.IO as it is often set up, by name: the second argument. The port is the first one.
import { createServer as createHttp } from 'node:http'
import { connect, createServer } from 'node:net'
import { Server } from 'socket.io'

const [port, kind] = [Number(process.argv[2]), process.argv[3]]

function process_(where, options = {}) {
  const http = createHttp((_, response) => response.writeHead(404).end())
  new Server(http, { pingInterval: 300, pingTimeout: 1000, ...options })
  return http.listen(where, '127.0.0.1')
}

if (kind === 'two-in-turn') {
  const upstreams = [process_(0), process_(0)]
  let turn = 0
  createServer((client) => {
    const upstream = connect(upstreams[turn++ % 2].address().port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  }).listen(port, '127.0.0.1')
} else {
  process_(port, { polling: { transports: ['polling'] }, old: { allowEIO3: true } }[kind])
}

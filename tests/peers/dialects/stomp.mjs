// A STOMP broker that beats at most every 300 ms.
import { createServer } from 'node:http'
import StompServer from 'stomp-broker-js'

const server = createServer((_, response) => response.writeHead(404).end())
new StompServer({ server, path: '/ws', heartbeat: [300, 300] })
server.listen(Number(process.argv[2]), '127.0.0.1')

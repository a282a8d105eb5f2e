// Socket.IO that pings quickly and pushes an event; the port is the first argument.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const http = createServer((_, response) => response.writeHead(404).end())
const io = new Server(http, { pingInterval: 300, pingTimeout: 1000 })
let sequence = 0
setInterval(() => io.emit('bot:status_change', { sequence: sequence++, timestamp: Date.now() }), 100)
http.listen(Number(process.argv[2]), '127.0.0.1')

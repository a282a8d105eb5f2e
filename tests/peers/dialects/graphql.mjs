// graphql-ws, which closes with 4406 without its subprotocol and with 4408 without connection_init.
import { buildSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), path: '/ws' })
useServer({ schema: buildSchema('type Query { health: String }'), connectionInitWaitTimeout: 500 }, server)

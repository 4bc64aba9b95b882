/** A passkey as a security key would have it, which does as it is told: also what no browser would do. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export type Ceremony = { readonly challenge: string; readonly origin: string; readonly rpId: string }

const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest()

export function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(32)
  const base = { id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' }

  function clientData(type: string, { challenge, origin }: Ceremony): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }

  /** https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data; user present and verified */
  function authenticatorData({ rpId }: Ceremony, counter: number, attested = Buffer.alloc(0)): Buffer {
    const head = Buffer.alloc(5)
    head.writeUInt8(0x05 | (attested.length > 0 ? 0x40 : 0))
    head.writeUInt32BE(counter, 1)
    return Buffer.concat([sha256(rpId), head, attested])
  }

  return {
    id: base.id,
    /** What `navigator.credentials.create` gives, as JSON. */
    register(ceremony: Ceremony): string {
      const cose = Buffer.concat([
        ...[Buffer.from('a5010203262001215820', 'hex'), Buffer.from(x, 'base64url')],
        ...[Buffer.from('225820', 'hex'), Buffer.from(y, 'base64url')],
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose])
      const data = authenticatorData(ceremony, 0, attested)
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ])
      const response = {
        clientDataJSON: clientData('webauthn.create', ceremony).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      }
      return JSON.stringify({ ...base, response, clientExtensionResults: {} })
    },
    /** What `navigator.credentials.get` gives, as JSON. */
    authenticate(ceremony: Ceremony, counter = 0): string {
      const client = clientData('webauthn.get', ceremony)
      const data = authenticatorData(ceremony, counter)
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      const response = {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
      }
      return JSON.stringify({ ...base, response, clientExtensionResults: {} })
    },
  }
}

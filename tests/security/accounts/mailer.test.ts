import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { isMailUrl } from '../../../src/security/accounts/config.ts'
import { openMailer } from '../../../src/security/accounts/mailer.ts'

const letter = { to: 'ann@example.org', subject: 'Grüße', text: 'Hello Ann,\n\nhttps://kiln.example/x?token=abc\n' }
const from = 'Kiln <kiln@example.org>'

t.test('letters lie in a folder, in their order, for nobody else to read', async t => {
  const folder = join(t.testdir(), 'mail')
  let names = 0
  const mailer = openMailer({ url: `file:${folder}`, from, newName: () => `${++names}` })
  await mailer?.(letter)
  await mailer?.(letter)
  t.same(readdirSync(folder), ['1.eml', '2.eml'])
  const text = readFileSync(join(folder, '1.eml'), 'utf8')
  t.match(text, /^From: Kiln <kiln@example.org>\r\nTo: ann@example.org\r\nSubject: =\?UTF-8\?/m)
  t.match(text, /Hello Ann,/)
  t.equal(statSync(join(folder, '1.eml')).mode & 0o777, 0o600)
})

t.test('by SMTP they come to the server that was named', async t => {
  const heard: string[] = []
  const server = createServer(socket => {
    let isData = false
    socket.write('220 hello\r\n')
    socket.on('data', bytes => {
      for (const line of bytes.toString().split('\r\n').filter(Boolean)) {
        heard.push(line)
        if (isData && line !== '.') continue
        isData = line === 'DATA'
        socket.write(isData ? '354 go on\r\n' : '250 ok\r\n')
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  await openMailer({ url: `smtp://127.0.0.1:${port}`, from, newName: () => '' })?.(letter)
  t.match(heard.join('\n'), /MAIL FROM:<kiln@example.org>(.|\n)*RCPT TO:<ann@example.org>(.|\n)*token=3Dabc|token=abc/)
})

t.test('without a URL none is sent, and a strange one is no setting', async t => {
  t.equal(openMailer({ url: '', from, newName: () => '' }), undefined)
  for (const good of ['', 'file:./mail', 'smtp://u:p@host:587', 'smtps://host']) t.ok(isMailUrl(good), good)
  for (const bad of ['file:', 'http://host', 'smtp://', 'smtp://host/path', 'mail.example'])
    t.notOk(isMailUrl(bad), bad)
})

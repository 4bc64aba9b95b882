import t from 'tap'
import { pack, valueSet } from '../../conformance/package/pack.ts'
import { openKiln } from '../../http/kiln.ts'

const one = { name: 'example.one', version: '1.0.0' }

t.test('a package is installed over HTTP, and what it defines is in force', async t => {
  const { base } = await openKiln(t)
  const post = async (body: Uint8Array | string, type: string) => {
    const response = await fetch(`${base}/$install-package`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
    return { status: response.status, body: (await response.json()) as { issue: { diagnostics: string }[] } }
  }
  const archive = new Uint8Array(pack(one, [valueSet('a')]))
  const installed = await post(archive, 'application/gzip')
  t.equal(installed.status, 200)
  t.match(installed.body.issue[0]?.diagnostics, /example\.one#1\.0\.0 is installed: 1 resources/)
  const found = await fetch(`${base}/ValueSet?_source=package:example.one%231.0.0`)
  t.equal(((await found.json()) as { total: number }).total, 1)

  t.equal((await post(archive.slice(0, 40), 'application/gzip')).status, 400, 'what is cut off')
  t.equal((await post('', 'application/gzip')).status, 400, 'nothing')
  const named = { resourceType: 'Parameters', parameter: [{ name: 'name', valueString: 'example.two' }] }
  const missing = await post(JSON.stringify(named), 'application/fhir+json')
  t.equal(missing.status, 404)
  t.match(missing.body.issue[0]?.diagnostics, /example\.two#latest cannot be had: the package is not known/)
  t.equal((await fetch(`${base}/$install-package`)).status, 405, 'GET changes nothing')
})

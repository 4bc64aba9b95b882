import t from 'tap'
import { files, pack, tgz, valueSet } from '../../conformance/package/pack.ts'
import { openKiln } from '../../http/kiln.ts'

const one = { name: 'example.one', version: '1.0.0' }

t.test('a package is installed over HTTP, and what it defines is in force', async t => {
  const { base } = await openKiln(t)
  const post = async (body: Uint8Array | string, type: string, query = '') => {
    const response = await fetch(`${base}/$install-package${query}`, {
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

  const example = { name: 'package/example/p.json', body: '{"resourceType":"Patient","id":"p"}' }
  const both = new Uint8Array(tgz([...files({ ...one, version: '1.1.0' }, []), example]))
  const without = await post(both, 'application/gzip')
  t.match(without.body.issue[0]?.diagnostics, /installed: 0 resources; 1 examples were not asked for/)
  const asked = await post(both, 'application/gzip', '?examples=true')
  t.match(asked.body.issue[0]?.diagnostics, /was installed already; 1 examples are stored/)
  const patients = (await (await fetch(`${base}/Patient`)).json()) as { total: number }
  t.equal(patients.total, 1)

  t.equal((await post(archive.slice(0, 40), 'application/gzip')).status, 400, 'what is cut off')
  t.equal((await post('', 'application/gzip')).status, 400, 'nothing')
  const named = { resourceType: 'Parameters', parameter: [{ name: 'name', valueString: 'example.two' }] }
  const missing = await post(JSON.stringify(named), 'application/fhir+json')
  t.equal(missing.status, 404)
  t.match(missing.body.issue[0]?.diagnostics, /example\.two#latest cannot be had: the package is not known/)
  t.equal((await fetch(`${base}/$install-package`)).status, 405, 'GET changes nothing')
})

// Talks to the browser about passkeys: what it makes of the options goes into the form, and the form to the server.
for (const place of document.querySelectorAll('.passkey')) {
  const form = place.querySelector('form')
  const problem = place.querySelector('.passkey-problem')
  const { ceremony, options } = place.dataset
  form.addEventListener('submit', async event => {
    if (form.elements.response.value !== '') return
    event.preventDefault()
    problem.hidden = true
    try {
      const made =
        ceremony === 'create'
          ? await navigator.credentials.create({
              publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options)),
            })
          : await navigator.credentials.get({
              publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options)),
            })
      form.elements.response.value = JSON.stringify(made)
      form.submit()
    } catch {
      problem.hidden = false
    }
  })
}

/** What people are written. */
import type { Letter } from './mailer.ts'

type To = { readonly address: string; readonly name: string }

export function resetLetter({ address, name }: To, login: string, link: string): Letter {
  return {
    to: address,
    subject: 'Choose a new password',
    text: letter(name, [
      `Somebody, hopefully you, wants to choose a new password for the account "${login}". This link is good for 30 minutes, once:`,
      link,
      'If it was not you, there is nothing to do: your password stays as it is.',
    ]),
  }
}

export function verifyLetter({ address, name }: To, link: string): Letter {
  return {
    to: address,
    subject: 'Is this your address?',
    text: letter(name, [
      'Please open this link within 24 hours to confirm that this address is yours:',
      link,
      'If you have no account with us, there is nothing to do.',
    ]),
  }
}

export function codeLetter({ address, name }: To, code: string): Letter {
  return {
    to: address,
    subject: `${code} is your sign-in code`,
    text: letter(name, [
      `Your sign-in code is ${code}. It is good for 10 minutes.`,
      'Nobody of ours will ever ask you for it. If you are not signing in right now, change your password: somebody knows it.',
    ]),
  }
}

export function changedLetter({ address, name }: To, what: string): Letter {
  return {
    to: address,
    subject: 'Your account was changed',
    text: letter(name, [what, 'If it was not you, tell your administrator at once.']),
  }
}

function letter(name: string, paragraphs: readonly string[]): string {
  return [`Hello ${name},`, ...paragraphs, ''].join('\n\n')
}

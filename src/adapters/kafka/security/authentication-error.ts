import kafkajs from 'kafkajs';

// The declared constructor takes nothing; that of the pinned version takes the message, as all of its errors do.
const AuthenticationError = kafkajs.KafkaJSSASLAuthenticationError as unknown as new (
  message: string,
) => Error;

/** The error of refused credentials, as kafkajs throws it for its own mechanisms. */
export function authenticationError(message: string): Error {
  return new AuthenticationError(message);
}

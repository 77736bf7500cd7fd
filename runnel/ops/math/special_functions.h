// Special functions of double, one number at a time; relative errors of about 1e-13 and better away from zeros.
// Formulas: Abramowitz and Stegun, "Handbook of Mathematical Functions", and the NIST DLMF, by the numbers given.
#pragma once

namespace runnel::inline v0::special {

double digamma(double x);
double zeta(double x, double q);         ///< Hurwitz: sum over n >= 0 of (q + n)^-x.
double polygamma(double order, double x);
double igamma(double a, double x);       ///< P(a, x)
double igammac(double a, double x);      ///< Q(a, x) = 1 - P(a, x)
double igamma_by_a(double a, double x);  ///< dP/da
double gamma_sample_by_alpha(double alpha, double sample);  ///< dx/da of x with P(a, x) held fast.
double betainc(double a, double b, double x);

double bessel_i(int order, double x, bool scaled);  ///< order 0 or 1; scaled by e^-|x|
double bessel_k(int order, double x, bool scaled);  ///< scaled by e^x
double dawsn(double x);
double expint(double x);
void fresnel(double x, double& cosine, double& sine);
double spence(double x);

}  // namespace runnel::inline v0::special

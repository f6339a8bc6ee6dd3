"""The countries a generated customer may live in.

Belongs here: the list, awkward spellings included (an apostrophe, an ampersand, brackets, a latitude), because a
loader that only ever met `France` proves little. Without commas: the sales feed never quotes a value.
"""

COUNTRIES = tuple(
    name.strip()
    for name in """
    Afghanistan|Aland Islands|Albania|Algeria|American Samoa|Andorra|Angola|Anguilla
    Antarctica (the territory South of 60 deg S)|Antigua and Barbuda|Argentina|Armenia|Aruba|Australia|Austria
    Azerbaijan|Bahamas|Bahrain|Bangladesh|Barbados|Belarus|Belgium|Belize|Benin|Bermuda|Bhutan|Bolivia
    Bonaire|Bosnia and Herzegovina|Botswana|Bouvet Island (Bouvetoya)|Brazil
    British Indian Ocean Territory (Chagos Archipelago)|British Virgin Islands|Brunei Darussalam|Bulgaria
    Burkina Faso|Burundi|Cabo Verde|Cambodia|Cameroon|Canada|Cayman Islands|Central African Republic|Chad|Chile|China
    Christmas Island|Cocos (Keeling) Islands|Colombia|Comoros|Congo|Congo (Kinshasa)|Cook Islands|Costa Rica
    Cote d'Ivoire|Croatia|Cuba|Curacao|Cyprus|Czechia|Denmark|Djibouti|Dominica|Dominican Republic|Ecuador|Egypt
    El Salvador|Equatorial Guinea|Eritrea|Estonia|Eswatini|Ethiopia|Falkland Islands (Malvinas)|Faroe Islands|Fiji
    Finland|France|French Guiana|French Polynesia|French Southern Territories|Gabon|Gambia|Georgia|Germany|Ghana
    Gibraltar|Greece|Greenland|Grenada|Guadeloupe|Guam|Guatemala|Guernsey|Guinea|Guinea-Bissau|Guyana|Haiti
    Heard Island and McDonald Islands|Holy See (Vatican City State)|Honduras|Hong Kong|Hungary|Iceland|India|Indonesia
    Iran|Iraq|Ireland|Isle of Man|Israel|Italy|Jamaica|Japan|Jersey|Jordan|Kazakhstan|Kenya|Kiribati
    Korea (North)|Korea (South)|Kuwait|Kyrgyz Republic|Lao People's Democratic Republic|Latvia|Lebanon|Lesotho|Liberia
    Libya|Liechtenstein|Lithuania|Luxembourg|Macao|Madagascar|Malawi|Malaysia|Maldives|Mali|Malta|Marshall Islands
    Martinique|Mauritania|Mauritius|Mayotte|Mexico|Micronesia|Moldova|Monaco|Mongolia|Montenegro|Montserrat|Morocco
    Mozambique|Myanmar|Namibia|Nauru|Nepal|Netherlands|New Caledonia|New Zealand|Nicaragua|Niger|Nigeria|Niue
    Norfolk Island|North Macedonia|Northern Mariana Islands|Norway|Oman|Pakistan|Palau|Palestine|Panama
    Papua New Guinea|Paraguay|Peru|Philippines|Pitcairn|Poland|Portugal|Puerto Rico|Qatar|Reunion|Romania
    Russian Federation|Rwanda|Saint Barthelemy|Saint Helena|Saint Kitts and Nevis|Saint Lucia|Saint Martin
    Saint Pierre and Miquelon|Saint Vincent and the Grenadines|Samoa|San Marino|Sao Tome and Principe|Saudi Arabia
    Senegal|Serbia|Seychelles|Sierra Leone|Singapore|Sint Maarten|Slovakia (Slovak Republic)|Slovenia|Solomon Islands
    Somalia|South Africa|South Georgia & the South Sandwich Islands|South Sudan|Spain|Sri Lanka|Sudan|Suriname
    Svalbard & Jan Mayen Islands|Sweden|Switzerland|Syrian Arab Republic|Taiwan|Tajikistan|Tanzania|Thailand
    Timor-Leste|Togo|Tokelau|Tonga|Trinidad and Tobago|Tunisia|Turkey|Turkmenistan|Turks and Caicos Islands|Tuvalu
    Uganda|Ukraine|United Arab Emirates|United Kingdom|United States Minor Outlying Islands|Uruguay|USA
    USA Virgin Islands|Uzbekistan|Vanuatu|Venezuela|Vietnam|Wallis and Futuna|Western Sahara|Yemen|Zambia|Zimbabwe
    """.strip()
    .replace("\n", "|")
    .split("|")
)
